// SPDX-License-Identifier: GPL-2.0-only
#include "figures.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace ccm::campaign {

namespace {

constexpr std::size_t widest = 50; // bars of text

// The edge below is 0, 1, 1.5, 2, 3, 5, 7, 10 ... ms.
double edge(int n)
{
    static const double in_decade[] = {1, 1.5, 2, 3, 5, 7};
    return n < 0 ? 0 : in_decade[n % 6] * std::pow(10, n / 6);
}

} // namespace

double Times::at(double part) const
{
    if (values_.empty())
        return 0;
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(std::lround(part * static_cast<double>(sorted.size() - 1)))];
}

std::vector<Times::Step> Times::steps() const
{
    std::vector<Step> all;
    const double low = at(0) * 1000, high = at(1) * 1000;
    for (int n = -1; !values_.empty() && edge(n) <= high; n++)
        if (edge(n + 1) > low)
            all.push_back({edge(n), edge(n + 1), 0});
    for (double value : values_)
        for (Step &step : all)
            if (value * 1000 >= step.from && value * 1000 < step.to)
                step.count++;
    return all;
}

std::string Times::histogram() const
{
    std::string text;
    const std::vector<Step> all = steps();
    std::size_t most = 1;
    for (const Step &step : all)
        most = std::max(most, step.count);
    for (const Step &step : all)
        text += fmt::format("  {:>6g} to {:>6g} ms {:>5} {}\n", step.from, step.to, step.count,
                            std::string((step.count * widest + most - 1) / most, '#'));
    return text;
}

std::string Times::bars(const std::string &title, int x, int y, int width, int height) const
{
    const std::vector<Step> all = steps();
    std::string text =
        fmt::format("<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{} ({})</text>\n", x, y + 12, title, values_.size());
    std::size_t most = 1;
    for (const Step &step : all)
        most = std::max(most, step.count);
    const double bar = all.empty() ? 0 : static_cast<double>(width) / static_cast<double>(all.size());
    const int bottom = y + height - 16, room = height - 40;
    for (std::size_t i = 0; i < all.size(); i++) {
        const double tall = room * static_cast<double>(all[i].count) / static_cast<double>(most);
        const double left = x + bar * static_cast<double>(i);
        text += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#4477aa\"/>\n",
                            left, bottom - tall, bar - 1, tall);
        text +=
            fmt::format("<text x=\"{:.1f}\" y=\"{}\" font-size=\"8\">{:g}</text>\n", left, bottom + 10, all[i].from);
    }
    return text;
}

} // namespace ccm::campaign
