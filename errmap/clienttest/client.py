"""Calls each of the methods named in argv on a gRPC server, with the client's own
limits, and prints what arrived of the error: one JSON line a method."""
import base64
import json
import sys

import grpc

target, *methods = sys.argv[1:]
with grpc.insecure_channel(target) as channel:
    for method in methods:
        call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
        result = {"code": 0, "details": ""}
        try:
            call(b"", timeout=10)
        except grpc.RpcError as error:
            trailers = {item.key: item.value for item in error.trailing_metadata() or ()}
            details = trailers.get("grpc-status-details-bin", b"")
            result = {"code": error.code().value[0], "details": base64.b64encode(details).decode()}
        print(json.dumps(result))
