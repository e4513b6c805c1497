"""Compare models that paint on equal terms: measures, calibration, runs, table and figure."""
