// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <algorithm>
#include <cmath>
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

    nlohmann::json json() const
    {
        return {{"min", min()}, {"median", median()}, {"max", max()}, {"count", count()}, {"values", values_}};
    }

private:
    std::vector<double> values_;
};

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
