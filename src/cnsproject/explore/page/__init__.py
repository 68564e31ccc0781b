"""The page of the explorer, which needs the extra [explore]: Bokeh draws, Tornado serves."""

from cnsproject.explore.page.background import served
from cnsproject.explore.page.server import serve

__all__ = ["serve", "served"]
