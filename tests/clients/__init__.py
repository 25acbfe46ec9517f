"""The client libraries that frontend teams use, each in a script of its own, against a real server.

The scripts read, write and follow a subject as their library does it, and connect again by its own means.
`npm ci` in this folder installs the libraries for Node; gql for Python comes with the extra `test`.
"""
