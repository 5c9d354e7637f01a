# Mean run lengths of control charts for independent normal days of known mean and spread, as the R package spc computes
# them, run once: Rscript tests/golden/make_run_lengths.R

suppressPackageStartupMessages({
  library(spc)
  library(jsonlite)
})

ewma <- function(weight, limit, mean, limits) {
  list(
    chart = "ewma",
    parameters = list(weight = weight, limit = limit, mean = mean, exact_variance = limits == "vacl"),
    values = list(xewma.arl(weight, limit, mean, sided = "two", limits = limits, r = 80))
  )
}

# zr = 0, the default, would reflect log R at 0; from -10 on nothing changes any more.
shiryaev_roberts <- function(shift, log_limit, mean) {
  list(
    chart = "shiryaev_roberts",
    parameters = list(shift = shift, log_limit = log_limit, mean = mean),
    values = list(xgrsr.arl(shift / 2, log_limit, mean, zr = -14, MPT = TRUE, r = 200))
  )
}

golden <- list(
  package = "spc",
  version = paste(packageVersion("spc"), R.version.string, sep = ", "),
  source = paste(
    "xewma.arl(weight, limit, mean, sided = \"two\", limits = \"fix\" or \"vacl\" (exact variance), r = 80);",
    "xgrsr.arl(shift / 2, log_limit, mean, zr = -14, MPT = TRUE, r = 200), the limit being that of log R"
  ),
  tolerance = list(rtol = 1e-8, atol = 0),
  cases = list(
    ewma(0.1, 2.7, 0, "fix"),
    ewma(0.1, 2.7, 0, "vacl"),
    ewma(0.25, 2.6, 0, "vacl"),
    ewma(0.1, 2.7, 1, "vacl"),
    shiryaev_roberts(1, log(100), 0),
    shiryaev_roberts(1, log(100), 1),
    shiryaev_roberts(0.5, log(200), 0),
    shiryaev_roberts(0.5, log(200), 0.5)
  )
)
arguments <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", arguments[grep("^--file=", arguments)]))
write(toJSON(golden, auto_unbox = TRUE, digits = NA, pretty = FALSE), file.path(here, "run_lengths.json"))
