"""One module a figure or small family: each draws stored data, deterministically; `build.build_figure` writes it."""
