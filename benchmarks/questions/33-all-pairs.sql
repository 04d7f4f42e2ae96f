WITH RECURSIVE pair(a, b) AS (
    SELECT s, o FROM live WHERE p = {cg:referredTo}
    UNION SELECT pair.a, step.o FROM pair
    JOIN live AS step ON step.s = pair.b AND step.p = {cg:referredTo}
)
SELECT count(*) FROM pair
