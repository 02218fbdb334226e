"""Balancing: even sub-categories, caps that hold in what is kept, the same choice in any order."""

from collections import Counter
from dataclasses import replace

import pytest

from ipt.config import Config
from ipt.curation.balance import balanced, facts_of
from ipt.errors import UserError
from tests.unit.curation.samples import OBJECTS, mvc, pet, pt


def configured(**settings) -> Config:
    return Config.model_validate({"tasks": settings})


def kept(config, task, questions, limit):
    chosen = set(balanced(config, task, [facts_of(q) for q in questions], limit))
    return [q for q in questions if q.question_id in chosen]


def test_pet_sub_categories_are_equal_although_supply_is_not():
    supply = {
        "closer": 40,
        "further": 12,
        "left_to_left": 9,
        "left_to_right": 30,
        "right_to_left": 25,
        "right_to_right": 9,
    }
    names = [name for name, number in supply.items() for _ in range(number)]
    questions = [pet(i, name) for i, name in enumerate(names)]
    counts = Counter(q.category for q in kept(configured(), "pet", questions, 1000))
    assert counts == dict.fromkeys(supply, 9)


def test_pet_ratio_lets_the_largest_be_larger():
    questions = [pet(i, "closer" if i < 60 else None) for i in range(120)]
    counts = Counter(q.category for q in kept(configured(pet={"category_ratio_max": 1.5}), "pet", questions, 1000))
    assert max(counts.values()) == 15
    assert min(counts.values()) == 10


def test_cut_is_even_over_objects_and_does_not_depend_on_order():
    questions = [pet(i, "closer", name="sofa" if i < 300 else None) for i in range(340)]
    questions += [pet(400 + i, "further") for i in range(40)]
    chosen = kept(configured(), "pet", questions, 48)
    assert len(chosen) == 48
    per_object = Counter(q.object for q in chosen if q.category == "closer")
    assert max(per_object.values()) <= 4
    again = kept(configured(), "pet", questions[::-1], 48)
    assert {q.question_id for q in again} == {q.question_id for q in chosen}


def test_pt_is_even_over_sides_and_distance_bins():
    plan = [("left", "short")] * 50 + [("right", "short")] * 20 + [("left", "long")] * 20 + [("right", "long")] * 20
    questions = [pt(i, side, distance_bin=where) for i, (side, where) in enumerate(plan)]
    chosen = kept(configured(), "pt", questions, 40)
    assert Counter((q.category, q.metadata["distance_bin"]) for q in chosen) == dict.fromkeys(set(plan), 10)


def test_pt_pairs_of_opposite_walks_are_kept_whole():
    questions = [pt(i, ("left", "right")[i % 2]) for i in range(60)]
    paired = [replace(q, metadata=q.metadata | {"pair": str(i // 2)}) for i, q in enumerate(questions)]
    chosen = kept(configured(), "pt", paired, 21)
    assert len(chosen) == 20
    assert set(Counter(q.metadata["pair"] for q in chosen).values()) == {2}


def test_mvc_caps_hold_in_what_is_kept():
    questions = [mvc(i, 1, OBJECTS[i % 8]) for i in range(400)]
    questions += [mvc(400 + i, 2 + i % 3, OBJECTS[i % 4]) for i in range(60)]
    config = configured(mvc={"category_share_max": 0.2, "count_one_share_max": 0.4})
    chosen = kept(config, "mvc", questions, 300)
    assert chosen
    assert max(Counter(q.object for q in chosen).values()) <= 0.2 * len(chosen)
    assert sum(q.metadata["count"] == 1 for q in chosen) <= 0.4 * len(chosen)


def test_mvc_count_ratio_is_met_and_very_rare_counts_do_not_set_it():
    numbers = {1: 100, 2: 80, 3: 50, 4: 20, 7: 1}
    counts = [count for count, number in numbers.items() for _ in range(number)]
    questions = [mvc(i, count, OBJECTS[i % 8]) for i, count in enumerate(counts)]
    config = configured(mvc={"category_share_max": 0.5, "count_one_share_max": 1.0, "count_ratio_max": 1.5})
    found = Counter(q.metadata["count"] for q in kept(config, "mvc", questions, 1000))
    assert found == {1: 30, 2: 30, 3: 30, 4: 20, 7: 1}


def test_no_count_answers_most_questions_about_an_object_where_that_is_wanted():
    supply = {"chair": (1, 2, 3, 3, 3, 3), "bed": (1, 1), "box": (2, 3)}
    questions = [
        mvc(100 * place + number, count=count, name=name)
        for place, (name, counts) in enumerate(supply.items())
        for number, count in enumerate(counts * 6)
    ]
    loose = {"category_share_max": 1.0, "count_one_share_max": 1.0}
    assert len(kept(configured(mvc=loose), "mvc", questions, 1000)) == len(questions)
    chosen = kept(configured(mvc=loose | {"object_count_share_max": 0.5}), "mvc", questions, 1000)
    counted = Counter((question.object, question.metadata["count"]) for question in chosen)
    assert counted == {("chair", 1): 6, ("chair", 2): 6, ("chair", 3): 12, ("box", 2): 6, ("box", 3): 6}


def test_an_impossible_cap_is_named():
    questions = [mvc(i, 2, "sofa") for i in range(20)]
    with pytest.raises(UserError, match=r"tasks.mvc.category_share_max: 0.099 leaves no question.*1.00"):
        kept(configured(), "mvc", questions, 20)
