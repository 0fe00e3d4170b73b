//! layerpath-cli
