"""Apache's own Kafka broker, alone, without ZooKeeper (KRaft), from the jars of Maven Central.

It listens without accounts, and over SASL_SSL with the account `museum`.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

from resources.embedded.s3 import free_port
from tests.servers.process import Missing, ServerProcess, program
from tests.support.certificates import Authority

USER, PASSWORD = "museum", "not-the-first-guess"
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def jars(folder: Path) -> Path:
    """Fetch the broker's jars into a folder, unless they are there. Raises Missing."""
    pom = Path(__file__).with_name("kafka-pom.xml")
    fetched = folder / "fetched.xml"
    if not fetched.exists() or fetched.read_bytes() != pom.read_bytes():
        maven = program("mvn", package="maven")
        command = [maven, "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if ran.returncode:
            raise Missing(f"Kafka's jars could not be fetched: {(ran.stdout + ran.stderr)[-1000:]}")
        shutil.copyfile(pom, fetched)
    return folder


@dataclass(frozen=True)
class KafkaPorts:
    """Where a broker listens: without accounts, over SASL_SSL, and the same with a certificate that has expired."""

    plain: int
    secured: int
    expired: int


def kafka(folder: Path, cache: Path, authority: Authority) -> tuple[ServerProcess, KafkaPorts]:
    """Return a broker that is not started yet. Raises Missing."""
    java = program("java", package="openjdk-17-jre-headless")
    classes = f"{jars(cache)}/*"
    ports = KafkaPorts(free_port(), free_port(), free_port())
    controller = free_port()
    listeners = {"PLAIN": ports.plain, "SECURED": ports.secured, "EXPIRED": ports.expired}
    reached = ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())
    settings: dict[str, Any] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"{reached},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": reached,
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,SECURED:SASL_SSL,EXPIRED:SASL_SSL",
        "inter.broker.listener.name": "PLAIN",
        "sasl.enabled.mechanisms": "PLAIN",
        "log.dirs": folder / "data",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
    }
    for name in ("secured", "expired"):
        settings |= {
            f"listener.name.{name}.plain.sasl.jaas.config": f'{LOGIN} user_{USER}="{PASSWORD}";',
            f"listener.name.{name}.ssl.keystore.type": "PEM",
            f"listener.name.{name}.ssl.keystore.location": authority.certificate(name, expired=name == "expired"),
        }
    file = folder / "server.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    run: list[str | Path] = [java, "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classes]
    tool = [str(part) for part in (*run, "kafka.tools.StorageTool")]
    number = subprocess.run([*tool, "random-uuid"], capture_output=True, text=True, check=True).stdout.split()[-1]
    subprocess.run([*tool, "format", "-t", number, "-c", str(file)], capture_output=True, check=True)
    client: dict[str, Any] = {"bootstrap.servers": f"127.0.0.1:{ports.plain}", "log_level": 0}

    def answers() -> bool:
        return bool(AdminClient(client).list_topics(timeout=2).brokers)

    return ServerProcess("kafka", [*run, "kafka.Kafka", file], folder, answers), ports
