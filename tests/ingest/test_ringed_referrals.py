"""Referrals of which most stand in rings, as mistakes in a file may make them, are imported."""

from __future__ import annotations

import random
from pathlib import Path

import networkx as nx

from kg.ingest import ImportOptions, run_import
from kg.shacl import project_shapes
from kg.store import Store

PARTIES = 2_000


def test_referrals_drawn_at_random_are_told_to_stand_in_rings(tmp_path: Path) -> None:
    chance = random.Random(11)
    pairs = [chance.sample(range(PARTIES), 2) for _ in range(2 * PARTIES)]
    parties = [f"P{number},person\n" for number in range(PARTIES)]
    referrals = [f"R{n},P{a},P{b},2024-05-06\n" for n, (a, b) in enumerate(pairs)]
    (tmp_path / "parties.csv").write_text("key,kind\n" + "".join(parties))
    header = "key,recommender,referred,date\n"
    (tmp_path / "recommendations.csv").write_text(header + "".join(referrals))
    with Store.open(memory_limit="100MB", spill_limit="0MB", workers=1) as store:
        report = run_import(store, [tmp_path], ImportOptions(shapes=project_shapes()))
    assert report.status == "committed"
    component = {
        party: number
        for number, ring in enumerate(nx.strongly_connected_components(nx.DiGraph(pairs)))
        for party in ring
    }
    ringed = sum(component[a] == component[b] for a, b in pairs)
    assert ringed > PARTIES
    assert report.by_shape["F06"] == ringed
