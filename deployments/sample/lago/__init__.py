"""What Lago holds of the same world: NexaCloud's newer invoices, NexaDesk's and NexaMaps' own."""
