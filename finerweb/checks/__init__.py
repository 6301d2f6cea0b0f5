"""What a project needs of the machine and of the network, looked at before it is needed."""
