// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ccm::bench {

// What was measured several times.
class Samples {
public:
    void add(double value) { values_.push_back(value); }
    std::size_t count() const { return values_.size(); }
    bool empty() const { return values_.empty(); }

    double min() const { return empty() ? 0 : *std::min_element(values_.begin(), values_.end()); }
    double max() const { return empty() ? 0 : *std::max_element(values_.begin(), values_.end()); }
    double median() const
    {
        if (empty())
            return 0;
        std::vector<double> sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        std::size_t middle = sorted.size() / 2;
        return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    // The value that this part of the others is not larger than.
    double quantile(double part) const
    {
        if (empty())
            return 0;
        std::vector<double> sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    }
    // The median lies between these with a probability of 95 % (order statistics; from
    // some ten values on).
    std::pair<double, double> median_interval() const
    {
        if (empty())
            return {0, 0};
        std::vector<double> sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        double n = static_cast<double>(sorted.size()), half = 0.98 * std::sqrt(n);
        auto at = [&](double rank) { return sorted[static_cast<std::size_t>(std::clamp(rank, 0.0, n - 1))]; };
        return {at(std::floor(n / 2 - half)), at(std::ceil(n / 2 + half))};
    }

    const std::vector<double> &values() const { return values_; }

    nlohmann::json json() const
    {
        return {{"min", min()}, {"median", median()}, {"max", max()}, {"count", count()}, {"values", values_}};
    }

private:
    std::vector<double> values_;
};

struct Ratio {
    double value = 0, low = 0, high = 0;

    nlohmann::json json() const { return {{"ratio", value}, {"low", low}, {"high", high}}; }
    std::string text() const { return fmt::format("{:.3f} (95 %: {:.3f} to {:.3f})", value, low, high); }
};

// The ratio of the fastest tenths: what else the machine does slows those least.
inline double ratio_of_fastest(const Samples &a, const Samples &b)
{
    return b.empty() ? 0 : a.quantile(0.1) / b.quantile(0.1);
}

// The ratio of the medians, and in between which it lies with 95 % (bootstrap: of what was
// measured, as much is drawn again, many times).
inline Ratio ratio_of_medians(const Samples &a, const Samples &b)
{
    constexpr int draws = 2000;
    std::mt19937 random(4711);
    auto drawn = [&random](const Samples &from) {
        Samples again;
        std::uniform_int_distribution<std::size_t> any(0, from.count() - 1);
        for (std::size_t i = 0; i < from.count(); i++)
            again.add(from.values()[any(random)]);
        return again.median();
    };
    if (a.empty() || b.empty())
        return {};
    Samples ratios;
    for (int i = 0; i < draws; i++)
        ratios.add(drawn(a) / drawn(b));
    return {a.median() / b.median(), ratios.quantile(0.025), ratios.quantile(0.975)};
}

inline std::string row(const std::string &what, const Samples &s, int digits = 2)
{
    return fmt::format("  {:<52}{:>10.{}f}{:>10.{}f}{:>10.{}f}{:>6}\n", what, s.min(), digits, s.median(), digits,
                       s.max(), digits, s.count());
}

inline std::string head(const std::string &what)
{
    return fmt::format("{:<54}{:>10}{:>10}{:>10}{:>6}\n", what, "min", "median", "max", "n");
}

// The slope of a straight line through (x, y), by least squares.
inline double slope(const std::vector<std::pair<double, double>> &points)
{
    double n = static_cast<double>(points.size()), sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (auto [x, y] : points) {
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    double d = n * sxx - sx * sx;
    return d == 0 ? 0 : (n * sxy - sx * sy) / d;
}

} // namespace ccm::bench
