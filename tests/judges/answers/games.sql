-- The table of the queries: NULL, NaN, both zeros' sign, extremes, empty and NULL arrays.
games AS (SELECT 1 AS id, 'BOS' AS team, 10 AS points, 0.5 AS ratio, NUMERIC '1.25' AS price, DATE '2024-01-30' AS day, TIMESTAMP '2024-01-30 23:59:59.5+00' AS at_, ['b', 'a', 'a'] AS tags, [STRUCT('Ünal' AS name, 12.5 AS minutes)] AS players, '{"a": 1, "b": [1, "x"]}' AS doc
UNION ALL SELECT 2, 'LAL', 25, CAST('nan' AS FLOAT64), NUMERIC '-0.000000001', DATE '2024-02-01', TIMESTAMP '1959-12-31 00:00:00+00', [], [], 'null'
UNION ALL SELECT 3, 'BOS', NULL, CAST('-inf' AS FLOAT64), NULL, DATE '0001-01-01', NULL, NULL, NULL, NULL
UNION ALL SELECT 4, NULL, -3, -0.0, NUMERIC '99999999999.999999999', NULL, TIMESTAMP '9999-12-31 23:59:59.999999+00', ['ab'], [STRUCT('A' AS name, NULL AS minutes), STRUCT(NULL AS name, 3.0 AS minutes)], '{"a": "1", "b": null}'
UNION ALL SELECT 5, 'LAL', 10, 1e300, NUMERIC '2.675', DATE '9999-12-31', TIMESTAMP '2024-03-10 07:30:00+00', ['c'], [], '{"b": {"c": 1}}')
