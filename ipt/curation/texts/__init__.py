"""What models learn to think (text CoT and its checks), and the text filters of the real data."""
