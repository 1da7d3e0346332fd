"""`/runs`: past runs, each as its picture, its values and its times; replay and comparison."""
