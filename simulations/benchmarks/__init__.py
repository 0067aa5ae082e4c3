"""The benchmarks behind `juntos bench`: published protocols, repeatable to the digit."""
