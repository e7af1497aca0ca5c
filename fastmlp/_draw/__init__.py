"""`fastmlp draw`: a page to draw on, served to the browser of this computer alone."""
