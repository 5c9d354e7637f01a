"""Write the sample export of the notebook: one simulated viewer's two years, as Netflix would list them.

The viewer, the shows and the episodes are invented; the story is in it: 188 episodes of one show within a week.
"""

import csv
from pathlib import Path

import numpy as np

import viewshift as vs

TARGET = Path(__file__).resolve().parent.parent / "notebooks" / "NetflixViewingHistory.csv"
STORY = "Maple Court"
SHOWS = ("Harbour Lights", "Quiet Fields", "The Night Ferry", "Second Violin", "Ada's Garden", "Low Tide", "Platform 9")
FILMS = ("A Winter in Bergen", "The Clockmaker's Daughter", "Salt", "Two Left Shoes", "The Last Lighthouse")
EPISODES_PER_SEASON = 12
SEED = 4
START, N_DAYS = "2023-08-02", 729


def titles_of_a_day(
    n_titles: int, of_top_show: int, show: str, seen: dict[str, int], rng: np.random.Generator
) -> list[str]:
    """Return one day's titles: the next episodes of the day's show, then films and other shows."""
    shows = [show] * of_top_show + [str(name) for name in rng.choice(SHOWS + FILMS, n_titles - of_top_show)]
    titles = []
    for name in shows:
        number = seen[name] = seen.get(name, 0) + 1
        season, episode = divmod(number - 1, EPISODES_PER_SEASON)
        titles.append(name if name in FILMS else f"{name}: Season {season + 1}: Chapter {episode + 1}")
    return titles


def rows() -> list[tuple[str, str]]:
    """Return title and date of every view, newest first."""
    clean = vs.simulate.viewers(1, N_DAYS, start=START, seed=SEED)
    panel, truth = vs.simulate.SCENARIOS["story"].inject(clean, seed=SEED)
    in_story = (panel.days >= truth["onset"].to_numpy()[0]) & (panel.days <= truth["end"].to_numpy()[0])
    rng, seen, views = np.random.default_rng(SEED), {}, []
    for t, day in enumerate(panel.days.tolist()):
        n, top = int(panel["episodes"][0, t]), int(panel["top_show_episodes"][0, t])
        show = STORY if in_story[t] else SHOWS[(t // 23) % len(SHOWS)]
        date = f"{day.month}/{day.day}/{day:%y}"
        views += [(title, date) for title in titles_of_a_day(n, top, show, seen, rng)]
    return views[::-1]


def main() -> None:
    with TARGET.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        file.write("Title,Date\n")
        writer.writerows(rows())


if __name__ == "__main__":
    main()
