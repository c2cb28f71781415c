"""What selling exactly once rests on: values and rules without effects."""
