"""The people step: evaluation sets go to Label Studio, and what people decided comes back as versioned files.

`state` and `server` keep one local Label Studio; `client` speaks to it, or to a team's by URL and key. `items` and
`screen` say what a reviewer sees, `push` brings it there, `pull` brings reviews back, `rounds` sends disagreements to a
third person, `agreement` measures. The rule that turns reviews into decisions is `ipt.curation.reviews`: the workflow
needs it without any server. Measured behaviour of Label Studio 1.23 is noted where the code relies on it.
"""
