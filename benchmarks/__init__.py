"""Speed, measured as ratios within one run; results as JSON with machine and versions."""
