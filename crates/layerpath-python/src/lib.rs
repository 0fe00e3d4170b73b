//! layerpath-python
