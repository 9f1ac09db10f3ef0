// SPDX-License-Identifier: GPL-2.0-only
//
// A distribution of times, in numbers and as a picture.
#pragma once

#include <string>
#include <vector>

namespace ccm::campaign {

class Times {
public:
    void add(double seconds) { values_.push_back(seconds); }
    void add(const Times &others) { values_.insert(values_.end(), others.values_.begin(), others.values_.end()); }
    bool empty() const { return values_.empty(); }
    std::size_t count() const { return values_.size(); }
    // The value that this part of the others is not larger than; 0: the smallest, 1: the largest.
    double at(double part) const;
    // A line for each step of the scale, in milliseconds.
    std::string histogram() const;
    // Bars in an SVG image, side by side with others: WIDTH and HEIGHT are of this one.
    std::string bars(const std::string &title, int x, int y, int width, int height) const;

private:
    // Steps of 1, 2, 5, 10 ... milliseconds: times go over four decades.
    struct Step {
        double from, to; // ms
        std::size_t count;
    };
    std::vector<Step> steps() const;

    std::vector<double> values_;
};

} // namespace ccm::campaign
