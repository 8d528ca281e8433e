"""Days to measure the routes with: public benchmarks with a known best, and made-up days of a street."""
