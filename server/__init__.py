"""The coordinator: enrols hospitals, runs federated training, keeps the models."""
