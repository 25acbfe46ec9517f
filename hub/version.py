from importlib.metadata import version

VERSION = version("engagement-hub")
