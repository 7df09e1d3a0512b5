"""kfinfra: plan and apply for machine learning on Kubernetes (EKS node groups, S3, claims, Kubeflow pipelines)."""

__version__ = "0.1.0"
