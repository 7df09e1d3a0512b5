"""Tasks of runs on this machine: what a pod with KFP's launcher in it does on a cluster."""
