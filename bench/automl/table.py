"""Table and critical-difference picture of results.csv: python bench/automl/table.py [results.csv] [--budget 60]. Standard library only.

Prints Markdown; writes critical-difference-BUDGET.svg beside the results. Ranks are of the mean score over folds of each dataset;
only datasets on which every system has the same folds count. Systems joined by a bar do not differ at 5 % (Nemenyi; Demšar 2006).
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

# Studentized range at 5 % over √2, for 2 … 10 systems.
NEMENYI = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", nargs="?", default=str(Path(__file__).resolve().parent / "results.csv"))
    parser.add_argument("--budget")
    options = parser.parse_args()
    with open(options.results, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for budget in sorted({row["budget"] for row in rows}, key=int):
        if options.budget in (None, budget):
            report([row for row in rows if row["budget"] == budget], budget, Path(options.results).parent)


def report(rows, budget, folder):
    systems = sorted({row["system"] for row in rows})
    scores, failures, seconds, metric = defaultdict(dict), defaultdict(int), defaultdict(list), {}
    for row in rows:
        scores[row["dataset"], row["system"]][row["fold"]] = float(row["score"])
        failures[row["system"]] += row["failure"] != ""
        metric[row["dataset"]] = row["metric"]
        if row["fit_seconds"]:
            seconds[row["system"]].append(float(row["fit_seconds"]))
    datasets = [
        name for name in sorted(metric)
        if len({tuple(sorted(scores[name, system])) for system in systems}) == 1 and scores[name, systems[0]]
    ]  # fmt: skip
    ranks = {name: ranked({system: mean(scores[name, system].values()) for system in systems}, metric[name]) for name in datasets}
    average = {system: mean(ranks[name][system] for name in datasets) for system in systems}
    order = sorted(systems, key=lambda system: average[system])
    print(f"\n### {budget} s\n")
    print("| dataset | metric | " + " | ".join(order) + " |\n|---|---|" + "---|" * len(order))
    for name in datasets:
        cells = [cell(mean(scores[name, system].values()), ranks[name][system] == 1) for system in order]
        print(f"| {name} | {metric[name]} | " + " | ".join(cells) + " |")
    print("| _mean rank_ | | " + " | ".join(f"{average[system]:.2f}" for system in order) + " |")
    print("| _failures_ | | " + " | ".join(str(failures[system]) for system in order) + " |")
    print("| _fit seconds_ | | " + " | ".join(f"{mean(seconds[system]):.0f}" if seconds[system] else "–" for system in order) + " |")
    left_out = sorted(set(metric) - set(datasets))
    if left_out:
        print(f"\nNot counted, as not all systems have run on them: {', '.join(left_out)}.")
    if datasets and len(order) in NEMENYI:
        difference = NEMENYI[len(order)] * (len(order) * (len(order) + 1) / (6 * len(datasets))) ** 0.5
        path = folder / f"critical-difference-{budget}.svg"
        path.write_text(picture([(system, average[system]) for system in order], difference, budget), encoding="utf-8")
        print(f"\nCritical difference of mean ranks: {difference:.2f}; picture in {path.name}.")


def ranked(values, metric):
    """1 for the best; equals share the mean of their places."""
    best_first = sorted(values.values(), reverse=metric == "AUC")
    places = defaultdict(list)
    for i, value in enumerate(best_first):
        places[value].append(i + 1)
    return {system: mean(places[value]) for system, value in values.items()}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def cell(value, best):
    text = f"{value:.5g}"
    return f"**{text}**" if best else text


def picture(ranks, difference, budget):
    width, left, right = 720, 150, 150
    most = len(ranks)
    x = lambda rank: left + (rank - 1) / max(1, most - 1) * (width - left - right)
    half = (len(ranks) + 1) // 2
    lines = []
    text = lambda px, py, words, anchor: f'<text x="{px:.1f}" y="{py}" text-anchor="{anchor}">{words}</text>'
    stroke = lambda x1, y1, x2, y2, wide=1: f'<path d="M{x1:.1f} {y1}L{x2:.1f} {y2}" stroke="#222" stroke-width="{wide}"/>'
    lines.append(stroke(x(1), 50, x(most), 50))
    for rank in range(1, most + 1):
        lines += [stroke(x(rank), 45, x(rank), 50), text(x(rank), 40, rank, "middle")]
    lines += [stroke(x(1), 16, x(1 + min(difference, most - 1)), 16, 2), text(x(1), 11, f"critical difference {difference:.2f}", "start")]
    for i, (name, rank) in enumerate(ranks):
        y = 90 + 18 * (i if i < half else len(ranks) - 1 - i)
        end, anchor, gap = (left - 8, "end", -4) if i < half else (width - right + 8, "start", 4)
        lines += [f'<path d="M{x(rank):.1f} 50V{y}H{end}" fill="none" stroke="#222"/>', text(end + gap, y + 4, f"{name} {rank:.2f}", anchor)]
    y, reached = 58, 0
    for i, (_, low) in enumerate(ranks):
        last = max(j for j, (_, high) in enumerate(ranks) if high - low <= difference)
        if last > i and last > reached:
            lines.append(stroke(x(low) - 4, y, x(ranks[last][1]) + 4, y, 4))
            y, reached = y + 7, last
    height = 100 + 18 * half
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
        f"<title>Mean ranks with {budget} s</title>{''.join(lines)}</svg>\n"
    )


main()
