"""A consumer of events: it books payments that were paid.

    gateway protos protos
    python -m grpc_tools.protoc -I protos --python_out=stubs --grpc_python_out=stubs $(find protos -name '*.proto')
    PYTHONPATH=stubs python consumer.py 127.0.0.1:9090
"""

import sys
import time

import grpc
from portone.events.v1 import event_service_pb2 as pb
from portone.events.v1 import event_service_pb2_grpc, subscription_pb2

NAME = "ledger-python"


def main(target: str) -> None:
    while True:
        try:
            with grpc.insecure_channel(target) as channel:
                consume(event_service_pb2_grpc.EventServiceStub(channel))
        except grpc.RpcError as error:
            # Whatever ended it, the gateway still has what was not acknowledged.
            print(error.code(), error.details(), file=sys.stderr)
        time.sleep(1)


def consume(events: event_service_pb2_grpc.EventServiceStub) -> None:
    subscription = subscription_pb2.Subscription(
        name=NAME, filter=subscription_pb2.Filter(types=["Transaction.*"])
    )
    events.PutSubscription(pb.PutSubscriptionRequest(subscription=subscription))
    for message in events.Subscribe(pb.SubscribeRequest(subscription=NAME)):
        if message.WhichOneof("message") != "delivery":
            continue  # a heartbeat
        book(message.delivery)  # what it raises ends the stream, and the event comes again
        events.Ack(pb.AckRequest(subscription=NAME, ack_ids=[message.delivery.ack_id]))


def book(delivery: pb.Delivery) -> None:
    """Must do nothing if the event's id was booked before: events come at least once."""
    print("handled", delivery.event.id, delivery.event.transaction.payment_id, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
