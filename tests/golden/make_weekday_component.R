# The weekly component of a periodic robust STL as R's own `stl` gives it, run once:
# Rscript tests/golden/make_weekday_component.R

suppressPackageStartupMessages(library(jsonlite))

set.seed(21)
week <- c(0, 0, 0, 1, 2, 6, 4)
one <- function(name, counts) {
  parts <- stl(ts(counts, frequency = 7), s.window = "periodic", robust = TRUE, l.window = 9)
  list(name = name, inputs = list(counts = counts), values = as.numeric(parts$time.series[1:7, "seasonal"]))
}
weekday <- function(n) week[(seq_len(n) - 1) %% 7 + 1]
surge <- rep(c(0, 20, 0), c(100, 21, 59))

golden <- list(
  package = "stats (R)",
  version = R.version.string,
  source = "stl(ts(counts, frequency = 7), s.window = \"periodic\", robust = TRUE, l.window = 9), first week of seasonal",
  tolerance = list(rtol = 1e-8, atol = 1e-8),
  cases = list(
    one("Poisson with a weekend", rpois(210, 5 + weekday(210)) + 0),
    one("with a surge and a huge day", rpois(180, 4 + weekday(180)) + surge + c(rep(0, 50), 188, rep(0, 129))),
    one("fifteen days", rpois(15, 8 + weekday(15)) + 0)
  )
)
arguments <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", arguments[grep("^--file=", arguments)]))
write(toJSON(golden, auto_unbox = TRUE, digits = NA, na = "null"), file.path(here, "weekday_component.json"))
