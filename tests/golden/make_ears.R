# EARS C1 and C2 as `earsC` of the R package surveillance gives them, run once: Rscript tests/golden/make_ears.R
#
# earsC returns upper bounds, mean + z * max(sd, minSigma). At alpha = 0.5, z is 0 and the bound is the mean; at
# alpha = pnorm(-1), z is 1. Both together give the statistic (y - mean) / max(sd, minSigma).

suppressPackageStartupMessages({
  library(surveillance)
  library(jsonlite)
})

set.seed(20)
bounds <- function(counts, chart, smallest, alpha) {
  weeks <- sts(observed = matrix(counts), start = c(2020, 1), frequency = 365)
  lag <- c(C1 = 7, C2 = 9)[[chart]]
  control <- list(range = (lag + 1):length(counts), method = chart, baseline = 7, minSigma = smallest, alpha = alpha)
  c(rep(NA, lag), upperbound(earsC(weeks, control = control))[, 1])
}

one <- function(name, counts, smallest) {
  values <- lapply(c(C1 = "C1", C2 = "C2"), function(chart) {
    middle <- bounds(counts, chart, smallest, 0.5)
    (counts - middle) / (bounds(counts, chart, smallest, pnorm(-1)) - middle)
  })
  list(name = name, inputs = list(counts = counts, floor = smallest), values = values)
}

golden <- list(
  package = "surveillance",
  version = paste(packageVersion("surveillance"), R.version.string, sep = ", "),
  source = "earsC(sts, list(method, baseline = 7, minSigma = floor, alpha)): (y - bound(0.5)) / (bound(pnorm(-1)) - bound(0.5))",
  tolerance = list(rtol = 1e-10, atol = 1e-10),
  cases = list(
    one("Poisson, the floor far below", rpois(120, 6) + 0, 0.01),
    one("negative binomial, idle weeks", c(rnbinom(150, size = 0.4, mu = 1.5), rep(0, 20), 3, 1, 0, 40, 2) + 0, 1.25)
  )
)
arguments <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", arguments[grep("^--file=", arguments)]))
write(toJSON(golden, auto_unbox = TRUE, digits = NA, na = "null", pretty = FALSE), file.path(here, "ears.json"))
