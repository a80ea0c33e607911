#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the panels of a Grafana dashboard with gnuplot from what a Prometheus answers.

dashboard.py DASHBOARD.json URL INSTANCE START END PICTURE.png

The queries, the panels' places, units and legends are the dashboard's. It is no picture of Grafana, and
says so in its title.
"""
import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request

STEP = 5  # seconds
UNIT = 26  # pixels of a row of the dashboard's grid
TITLE = 2  # rows
WIDTH = 1200
GRID = 24  # columns
COLORS = ("7eb26d eab839 6ed0e0 ef843c e24d42 1f78c1 ba43a9 705da0 508642 cca300").split()
UNITS = {"percent": " %%", "s": " s"}  # as gnuplot wants them
# What a panel begins with: the one before may have been a table.
AXES = """unset label; set xtics; set ytics
set xdata time; set timefmt '%s'; set format x '%H:%M'
set grid lc rgb '#dddddd'; set border 3 lc rgb '#888888'; set tics nomirror
"""
SEVERITIES = {"1": "normal", "2": "warning", "3": "critical", "4": "unknown"}


def ask(url, path, **arguments):
    with urllib.request.urlopen(f"{url}/api/v1/{path}?{urllib.parse.urlencode(arguments)}") as answer:
        return json.load(answer)["data"]


def expression(target, instance):
    return target["expr"].replace("$__rate_interval", "30s").replace("$instance", instance)


def legend(target, metric):
    return re.sub(r"{{(\w+)}}", lambda m: metric.get(m.group(1), ""), target["legendFormat"]).strip()


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def place(panel, rows):
    grid = panel["gridPos"]
    return (f"set size {grid['w'] / GRID}, {grid['h'] / rows}\n"
            f"set origin {grid['x'] / GRID}, {1 - (TITLE + grid['y'] + grid['h']) / rows}\n"
            f"set title {quoted(panel['title'])} font ',11' noenhanced\n")


def series(panel, url, instance, start, end):
    """[(legend, [(time, value)])]"""
    found = []
    for target in panel["targets"]:
        answer = ask(url, "query_range", query=expression(target, instance), start=start, end=end, step=STEP)
        found += [(legend(target, one["metric"]), one["values"]) for one in answer["result"]]
    return found


def draw_lines(panel, rows, url, instance, start, end):
    found = series(panel, url, instance, start, end)
    # Those that are never anything only fill the legend.
    shown = [one for one in found if any(float(value) for _, value in one[1])] or found[:1]
    unit = UNITS.get(panel["fieldConfig"]["defaults"].get("unit"), "")
    script = place(panel, rows) + f"set format y '%.0f{unit}'\n"
    for number, (_, values) in enumerate(shown):
        points = "\n".join(f"{time} {value}" for time, value in values)
        script += f"$data{number} << END\n{points}\nEND\n"
    lines = [f"$data{number} using 1:2 with lines lw 1.5 lc rgb '#{COLORS[number % len(COLORS)]}' "
             f"title {quoted(name)}" for number, (name, _) in enumerate(shown)]
    if not lines:
        return script + f"plot [{start}:{end}] [0:1] -1 notitle\n"
    return script + f"plot [{start}:{end}] [0:*] " + ", ".join(lines) + "\n"


def draw_table(panel, rows, url, instance, end):
    target = panel["targets"][0]
    answer = ask(url, "query", query=expression(target, instance), time=end)["result"]
    cells = sorted((one["metric"].get("namespace") or one["metric"]["condition"], SEVERITIES[one["value"][1]])
                   for one in answer)
    script = place(panel, rows) + "unset xtics; unset ytics; unset border; unset grid\n"
    per_column = -(-len(cells) // 3) or 1
    for number, (name, severity) in enumerate(cells):
        x, y = number // per_column / 3 + 0.02, 1 - (number % per_column + 1) / (per_column + 1)
        weight = "/:Bold " if severity in ("warning", "critical") else ""
        script += f"set label {number + 1} {quoted('{' + weight + name.replace('_', chr(92) + '_') + ': ' + severity + '}')} at graph {x},{y}\n"
    return script + "plot [0:1] [0:1] NaN notitle\n"


def main(dashboard, url, instance, start, end, picture):
    with open(dashboard, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    rows = TITLE + max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    version = ask(url, "status/buildinfo")["version"]
    script = f"""set terminal pngcairo size {WIDTH},{UNIT * rows} font 'DejaVu Sans,9'
set output {quoted(picture)}
set multiplot title {quoted('The queries of the Grafana dashboard, answered by Prometheus ' + version +
                            ', drawn by gnuplot')} font ',11'
set key outside below horizontal samplen 1 noenhanced
"""
    for panel in panels:
        script += AXES
        if panel["type"] == "timeseries":
            script += draw_lines(panel, rows, url, instance, start, end)
        else:
            script += "set xdata; set format x '%g'\n" + draw_table(panel, rows, url, instance, end)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


if len(sys.argv) != 7:
    sys.exit(__doc__)
main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
