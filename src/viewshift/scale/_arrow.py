"""pyarrow, or a sentence that says how to get it."""

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
except ImportError:
    raise ImportError("viewshift.scale needs the package pyarrow; `pip install viewshift[scale]`.") from None

__all__ = ["pa", "pc", "pq"]
