"""The little Qdrant server's gRPC: each request in the engine's words, and its answer in the protocol's."""

# ruff: noqa: N802 - the protocol names its methods

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc  # type: ignore[import-untyped]
from qdrant_client import grpc as protocol
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc

if TYPE_CHECKING:
    from tests.support.little_qdrant import LittleQdrant


def add_services(server: LittleQdrant, rpc: grpc.Server) -> None:
    """Answer for collections and points."""
    protocol.add_CollectionsServicer_to_server(Collections(server), rpc)
    protocol.add_PointsServicer_to_server(Points(server), rpc)


def _filter(request: Any) -> Any:
    return GrpcToRest.convert_filter(request.filter) if request.HasField("filter") else None


def _done(_: object = None) -> Any:
    return protocol.PointsOperationResponse(result=protocol.UpdateResult(status=protocol.UpdateStatus.Completed))


def _record(point: Any) -> Any:
    return RestToGrpc.convert_retrieved_point(point.model_copy(update={"payload": point.payload or {}}))


class Collections(protocol.CollectionsServicer):
    def __init__(self, server: LittleQdrant) -> None:
        self.server = server

    def CollectionExists(self, request: Any, context: Any) -> Any:
        exists = self.server.engine.collection_exists(request.collection_name)
        return protocol.CollectionExistsResponse(result=protocol.CollectionExists(exists=exists))

    def CollectionClusterInfo(self, request: Any, context: Any) -> Any:
        return RestToGrpc.convert_collection_cluster_info(self.server.cluster_info(request.collection_name))


class Points(protocol.PointsServicer):
    def __init__(self, server: LittleQdrant) -> None:
        self.engine = server.engine

    def Upsert(self, request: Any, context: Any) -> Any:
        points = [GrpcToRest.convert_point_struct(point) for point in request.points]
        return _done(self.engine.upsert(request.collection_name, points))

    def Delete(self, request: Any, context: Any) -> Any:
        points = GrpcToRest.convert_points_selector(request.points)
        return _done(self.engine.delete(request.collection_name, points))

    def SetPayload(self, request: Any, context: Any) -> Any:
        points = GrpcToRest.convert_points_selector(request.points_selector)
        payload = GrpcToRest.convert_payload(request.payload)
        return _done(self.engine.set_payload(request.collection_name, payload, points))

    def DeletePayload(self, request: Any, context: Any) -> Any:
        points = GrpcToRest.convert_points_selector(request.points_selector)
        return _done(self.engine.delete_payload(request.collection_name, list(request.keys), points))

    def UpdateVectors(self, request: Any, context: Any) -> Any:
        points = [GrpcToRest.convert_point_vectors(point) for point in request.points]
        return _done(self.engine.update_vectors(request.collection_name, points))

    def DeleteVectors(self, request: Any, context: Any) -> Any:
        points = GrpcToRest.convert_points_selector(request.points_selector)
        return _done(self.engine.delete_vectors(request.collection_name, list(request.vectors.names), points))

    def UpdateBatch(self, request: Any, context: Any) -> Any:
        operations = [GrpcToRest.convert_points_update_operation(each) for each in request.operations]
        self.engine.batch_update_points(request.collection_name, operations)
        return protocol.UpdateBatchResponse(result=[_done().result for _ in operations])

    def Count(self, request: Any, context: Any) -> Any:
        found = self.engine.count(request.collection_name, _filter(request))
        return protocol.CountResponse(result=protocol.CountResult(count=found.count))

    def Get(self, request: Any, context: Any) -> Any:
        found = self.engine.retrieve(
            request.collection_name,
            [GrpcToRest.convert_point_id(each) for each in request.ids],
            with_payload=request.with_payload.enable,
            with_vectors=request.with_vectors.enable,
        )
        return protocol.GetResponse(result=[_record(each) for each in found])

    def Scroll(self, request: Any, context: Any) -> Any:
        offset = GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None
        found, following = self.engine.scroll(
            request.collection_name,
            _filter(request),
            limit=request.limit,
            offset=offset,
            with_payload=request.with_payload.enable,
        )
        return protocol.ScrollResponse(
            result=[_record(each) for each in found],
            next_page_offset=None if following is None else RestToGrpc.convert_extended_point_id(following),
        )

    def QueryBatch(self, request: Any, context: Any) -> Any:
        found = [self._found(request.collection_name, each) for each in request.query_points]
        return protocol.QueryBatchResponse(
            result=[
                protocol.BatchResult(result=[RestToGrpc.convert_scored_point(point) for point in each.points])
                for each in found
            ]
        )

    def _found(self, name: str, asked: Any) -> Any:
        return self.engine.query_points(
            name,
            list(asked.query.nearest.dense.data),
            using=asked.using,
            limit=asked.limit,
            query_filter=_filter(asked),
            with_payload=GrpcToRest.convert_with_payload_selector(asked.with_payload),
        )
