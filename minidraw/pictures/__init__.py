"""Image sheets, films of DRAW painting, training curves and the paper's figures."""
