"""Makes a call with a retry policy for UNAVAILABLE, four attempts at most, and prints the
code that it ends with. Arguments: target, method, request in hexadecimal."""
import json
import sys

import grpc

target, method, request = sys.argv[1:]
policy = {"maxAttempts": 4, "initialBackoff": "0.02s", "maxBackoff": "0.05s", "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]}
config = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": policy}]})
with grpc.insecure_channel(target, options=[("grpc.service_config", config), ("grpc.enable_retries", 1)]) as channel:
    call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
    try:
        call(bytes.fromhex(request), timeout=10)
        print(0)
    except grpc.RpcError as error:
        print(error.code().value[0])
