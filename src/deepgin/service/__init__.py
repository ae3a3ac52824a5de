"""An HTTP service that fills holes, and its page. Importing it alone loads no web framework."""
