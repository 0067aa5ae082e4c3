"""Every kind of model as ONNX, for servers that run nothing else."""

from shared.onnx_export.export import export_onnx
from shared.onnx_export.sample_rows import sample_rows

__all__ = ["export_onnx", "sample_rows"]
