"""What real viewing looks like: aggregates over 66 anonymised viewers."""

import numpy as np

HOUR_SHARE = (
    np.array(
        [
            413,
            289,
            211,
            183,
            149,
            114,
            109,
            126,
            184,
            251,
            320,
            370,
            490,
            507,
            490,
            477,
            498,
            544,
            637,
            699,
            755,
            811,
            778,
            593,
        ]
    )
    / 1e4
)
WEEKDAY_LOGITS = 1.3 * np.log(np.array([0.959, 0.936, 0.912, 0.909, 0.943, 1.056, 1.207]))
