"""Pictures of images, films, curves and the paper's figures."""
