"""An HTTP service that fills holes, and its page."""
