"""PyTorch's own optimizers under the names of this package: the NumPy engine writes them out."""

from torch.nn.utils import clip_grad_norm_ as clip_grad_norm
from torch.optim import SGD, Adam, AdamW

__all__ = ["SGD", "Adam", "AdamW", "clip_grad_norm"]
