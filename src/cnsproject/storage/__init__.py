"""Files: arrays and records in, the same out, safe against a kill."""

from cnsproject.storage.files import load_arrays, refuse_existing, save_arrays, save_json, write_whole

__all__ = ["load_arrays", "refuse_existing", "save_arrays", "save_json", "write_whole"]
