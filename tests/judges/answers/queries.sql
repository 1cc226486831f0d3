-- Queries of games; where there is no ORDER BY the order is nobody's.
SELECT team, COUNT(*) AS n FROM games GROUP BY team ORDER BY team
SELECT UPPER(team) AS team, COUNT(*) AS n FROM games GROUP BY team ORDER BY team
SELECT DATE_TRUNC(day, MONTH) AS day, COUNT(*) AS n FROM games GROUP BY day ORDER BY day
SELECT IF(points > 20, 'high', 'low') AS team, COUNT(*) AS n FROM games GROUP BY 1 ORDER BY 1
SELECT team AS points, SUM(points) AS total FROM games GROUP BY points ORDER BY 1, 2
SELECT team, points FROM games ORDER BY points, id
SELECT team, points FROM games ORDER BY points DESC, id
SELECT team, points FROM games ORDER BY points NULLS LAST, id
SELECT team, points FROM games ORDER BY points DESC NULLS FIRST, id
SELECT id, ratio FROM games ORDER BY ratio, id
SELECT id, ratio FROM games ORDER BY ratio DESC, id
SELECT id, ratio FROM games ORDER BY ratio DESC, id LIMIT 2 OFFSET 1
SELECT id FROM games WHERE ratio > 0.5 ORDER BY id
SELECT id FROM games WHERE ratio = ratio ORDER BY id
SELECT id FROM games WHERE NOT ratio <= 0.5 ORDER BY id
SELECT id FROM games WHERE points IS NULL OR points != 10 ORDER BY id
SELECT MIN(ratio) AS low, MAX(ratio) AS high FROM games
SELECT team, MIN(ratio) AS low FROM games GROUP BY team ORDER BY team
SELECT MIN(day) AS low, MAX(day) AS high, DATE_DIFF(MAX(day), MIN(day), DAY) AS days FROM games
SELECT AVG(points) AS a, AVG(price) AS p, SUM(price) AS s FROM games
SELECT team, ROUND(AVG(points), 2) AS a, ROUND(100.0 * COUNTIF(points IS NOT NULL) / COUNT(*), 1) AS pct FROM games GROUP BY team ORDER BY team
SELECT SAFE_DIVIDE(SUM(points), COUNTIF(points < 0)) AS s, SUM(price) / COUNT(*) AS u, SUM(price) * 2.5 AS v, price_ FROM games, (SELECT MAX(price) AS price_ FROM games) GROUP BY price_
SELECT id, ROW_NUMBER() OVER (PARTITION BY team ORDER BY points DESC, id) AS n FROM games ORDER BY id
SELECT id, RANK() OVER (ORDER BY points) AS r, DENSE_RANK() OVER (ORDER BY points) AS d FROM games ORDER BY id
SELECT id, LAG(points) OVER (ORDER BY id) AS p, LEAD(points, 2, -1) OVER (ORDER BY id) AS l FROM games ORDER BY id
SELECT id, SUM(points) OVER (PARTITION BY team ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM games ORDER BY id
SELECT id, AVG(points) OVER (PARTITION BY team) AS a, AVG(price) OVER () AS p, COUNT(*) OVER (ORDER BY id) AS c FROM games ORDER BY id
SELECT id, FIRST_VALUE(points) OVER (PARTITION BY team ORDER BY id) AS f, LAST_VALUE(points IGNORE NULLS) OVER (PARTITION BY team ORDER BY id) AS l FROM games ORDER BY id
SELECT id, NTILE(2) OVER (ORDER BY id) AS t, PERCENT_RANK() OVER (ORDER BY id) AS p, CUME_DIST() OVER (ORDER BY id) AS c FROM games ORDER BY id
SELECT id, NTH_VALUE(points, 2) OVER (ORDER BY id) AS v FROM games ORDER BY id
SELECT id, MIN(ratio) OVER (ORDER BY id) AS v FROM games ORDER BY id
SELECT id, COUNTIF(points > 10) OVER (ORDER BY id) AS v FROM games ORDER BY id
SELECT id, SUM(points) OVER w AS s FROM games WINDOW w AS (PARTITION BY team ORDER BY id) ORDER BY id
SELECT id, team FROM games WHERE TRUE QUALIFY COUNT(*) OVER (PARTITION BY team) > 1 ORDER BY id
SELECT team, COUNT(*) AS n FROM games GROUP BY ROLLUP(team) ORDER BY team, n
SELECT team, day, COUNT(*) AS n FROM games GROUP BY ROLLUP(team, day) ORDER BY team, day, n
SELECT team, day, COUNT(*) AS n FROM games GROUP BY GROUPING SETS (team, day, ()) ORDER BY team, day, n
SELECT team, GROUPING(team) AS g, COUNT(*) AS n FROM games GROUP BY CUBE(team) ORDER BY g, team
SELECT * FROM (SELECT team, points FROM games WHERE team IS NOT NULL) PIVOT (SUM(points) FOR team IN ('BOS', 'LAL'))
SELECT team FROM games EXCEPT DISTINCT SELECT 'BOS' ORDER BY team
SELECT team FROM games INTERSECT DISTINCT SELECT 'BOS' ORDER BY team
SELECT team FROM games UNION DISTINCT SELECT 'X' ORDER BY team
SELECT id FROM games UNION ALL SELECT 99 ORDER BY id
SELECT id FROM games UNION ALL SELECT 1.5 ORDER BY id
SELECT DISTINCT team FROM games ORDER BY team
SELECT id, tag, o FROM games, UNNEST(tags) AS tag WITH OFFSET AS o ORDER BY id, o
SELECT id, tag FROM games LEFT JOIN UNNEST(tags) AS tag ORDER BY id, tag
SELECT id, tag FROM games CROSS JOIN UNNEST(games.tags) AS tag WHERE tag LIKE 'a%' ORDER BY id, tag
SELECT id, ARRAY_LENGTH(tags) AS n, ARRAY_TO_STRING(tags, '|') AS s, tags[SAFE_OFFSET(0)] AS f FROM games ORDER BY id
SELECT id, (SELECT STRING_AGG(t, '-' ORDER BY t DESC) FROM UNNEST(tags) AS t) AS s FROM games ORDER BY id
SELECT id, EXISTS(SELECT 1 FROM UNNEST(tags) AS t WHERE t = 'a') AS e, 'a' IN UNNEST(tags) AS i FROM games ORDER BY id
SELECT id, ARRAY(SELECT DISTINCT t FROM UNNEST(tags) AS t ORDER BY t) AS s FROM games ORDER BY id
SELECT p.name AS name, p.minutes FROM games, UNNEST(players) AS p ORDER BY name
SELECT id, p FROM games, UNNEST(players) AS p ORDER BY p.name
SELECT id, players[OFFSET(0)].name AS n FROM games WHERE ARRAY_LENGTH(players) > 0 ORDER BY id
SELECT team, ARRAY_AGG(id ORDER BY id DESC LIMIT 1) AS a FROM games GROUP BY team ORDER BY team
SELECT team, ARRAY_AGG(STRUCT(id, points) ORDER BY id DESC LIMIT 1)[OFFSET(0)].points AS p FROM games GROUP BY team ORDER BY team
SELECT team, STRING_AGG(CAST(id AS STRING), ',' ORDER BY id) AS s FROM games GROUP BY team ORDER BY team
SELECT team, COUNT(DISTINCT day) AS d, COUNTIF(points > 10) AS c, LOGICAL_OR(points > 20) AS o FROM games GROUP BY team ORDER BY team
SELECT a.id, b.id AS other FROM games a JOIN games b USING (team) WHERE a.id < b.id ORDER BY 1, 2
SELECT a.id, b.team FROM games a LEFT JOIN (SELECT DISTINCT team FROM games WHERE points > 15) b ON a.team = b.team ORDER BY a.id
SELECT a.id, b.id AS other FROM games a FULL JOIN games b ON a.id = b.id + 2 ORDER BY 1, 2
SELECT id FROM games WHERE team IN (SELECT team FROM games WHERE points > 20) ORDER BY id
SELECT id FROM games WHERE team NOT IN (SELECT team FROM games WHERE points > 20) ORDER BY id
SELECT id FROM games WHERE (team, points) IN (('BOS', 10), ('LAL', 25)) ORDER BY id
SELECT id FROM games g WHERE points = (SELECT MAX(points) FROM games h WHERE h.team = g.team) ORDER BY id
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n ORDER BY i
SELECT d, COUNT(g.id) AS n FROM UNNEST(GENERATE_DATE_ARRAY('2024-01-30', '2024-02-02')) AS d LEFT JOIN games g ON g.day = d GROUP BY d ORDER BY d
SELECT * EXCEPT (tags, players, doc) FROM games WHERE id = 1
SELECT * REPLACE (id * 10 AS id) FROM (SELECT id, team FROM games) ORDER BY id
SELECT AS STRUCT 1 AS a, 'x' AS b
SELECT AS VALUE STRUCT(1 AS a, 2 AS b)
SELECT id, JSON_VALUE(doc, '$.a') AS a, JSON_QUERY(doc, '$.b') AS b FROM games ORDER BY id
SELECT id, TO_JSON_STRING(STRUCT(id, team, points, ratio, price, day, tags)) AS t FROM games ORDER BY id
SELECT id, TO_JSON_STRING(g.players) AS t FROM games g ORDER BY id
SELECT id, FORMAT('%s-%03d', team, id) AS f, FORMAT_DATE('%Y/%m/%d', day) AS d, CONCAT(team, '_', CAST(ratio AS STRING)) AS c FROM games ORDER BY id
SELECT id, CASE WHEN points >= 25 THEN 'a' WHEN points >= 10 THEN 'b' ELSE 'c' END AS c, COALESCE(points, 0) + 1 AS p, NULLIF(team, 'BOS') AS n FROM games ORDER BY id
SELECT id, points / 4 AS q, DIV(points, 4) AS d, MOD(points, 4) AS m, price / 3 AS p, price * 1.5 AS t, price + points AS s, ratio * points AS r FROM games ORDER BY id
SELECT id, ROUND(price / 3, 2) AS p, ROUND(ratio * 100, 1) AS r, CAST(price AS STRING) AS s, CAST(points AS FLOAT64) AS f FROM games ORDER BY id
SELECT id, TIMESTAMP_TRUNC(at_, HOUR) AS h, DATE(at_, 'America/New_York') AS d, EXTRACT(HOUR FROM at_ AT TIME ZONE 'America/New_York') AS e, FORMAT_TIMESTAMP('%F %H:%M', at_) AS f, TIMESTAMP_DIFF(at_, TIMESTAMP '2024-01-01', MINUTE) AS m FROM games ORDER BY id
SELECT team, SUM(points) OVER (ORDER BY SUM(points)) AS s FROM games GROUP BY team, points ORDER BY team, s
SELECT COUNT(*) AS n FROM games WHERE day BETWEEN DATE '2024-01-30' AND '2024-02-01'
SELECT COUNT(*) FROM games TABLESAMPLE SYSTEM (100 PERCENT)
SELECT id, LEAST(points, 20) AS l, GREATEST(ratio, 0.5) AS g FROM games ORDER BY id
SELECT id, team || '!' AS t, LENGTH(team) AS l, REGEXP_EXTRACT(team, r'^(.)') AS r, STARTS_WITH(team, 'B') AS s FROM games ORDER BY id
SELECT id, x FROM games, UNNEST([points, id]) AS x ORDER BY id, x
SELECT g.team, s.n FROM games g, (SELECT COUNT(*) AS n FROM games) s ORDER BY g.id
SELECT team, COUNT(*) AS n FROM games GROUP BY ALL ORDER BY team
SELECT ANY_VALUE(team) AS t FROM games WHERE id = 1
SELECT id, points BETWEEN 10 AND 20 AS b, team IS NULL AS n, NOT (points > 10) AS p FROM games ORDER BY id
SELECT id, SAFE_CAST(team AS INT64) AS s, IFNULL(CAST(points AS STRING), '-') AS p FROM games ORDER BY id
SELECT COUNT(*) AS n, COUNT(points) AS p, COUNT(DISTINCT team) AS t FROM games WHERE FALSE
SELECT MAX(points) AS m, SUM(points) AS s, AVG(points) AS a, COUNTIF(points > 1) AS c, STRING_AGG(team) AS t FROM games WHERE FALSE
SELECT x.a, x.b FROM (SELECT STRUCT(id AS a, team AS b) AS x FROM games) ORDER BY x.a
SELECT id AS team FROM games ORDER BY team
SELECT -id AS id FROM games ORDER BY id
SELECT id, team FROM games ORDER BY LOWER(team), id
SELECT -id AS id FROM games WHERE id > 2 ORDER BY id
SELECT COUNT(*) AS id FROM games GROUP BY team HAVING id > 1 ORDER BY id
SELECT team AS t, COUNT(*) AS n FROM games GROUP BY t HAVING t IS NOT NULL ORDER BY n DESC, t
SELECT points + 1 AS points FROM games WHERE points > 10 ORDER BY points
SELECT EXTRACT(YEAR FROM day) AS day, COUNT(*) AS n FROM games GROUP BY day
SELECT LENGTH(team) AS n, COUNT(*) AS c FROM games GROUP BY n, team ORDER BY n, c
SELECT id, day + 1 AS a, DATE_ADD(day, INTERVAL 7 DAY) AS b, EXTRACT(DAYOFWEEK FROM day) AS w, DATE_TRUNC(day, MONTH) AS m FROM games WHERE id < 5 ORDER BY id
SELECT team, SUM(points) AS total FROM games GROUP BY team HAVING SUM(points) > 20 AND AVG(price) < 5 ORDER BY total DESC
SELECT name, v FROM (SELECT id, points, id * 2 AS twice FROM games) UNPIVOT (v FOR name IN (points, twice)) ORDER BY id, name
