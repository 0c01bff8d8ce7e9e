"""What Chorale does with models; a notebook could run each file here without a screen."""
