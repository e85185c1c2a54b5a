namespace Lucos.Control.Health;

/// <summary>What one check of the machine found.</summary>
/// <param name="Check">What was checked.</param>
/// <param name="IsGood">Whether it is as it must be.</param>
/// <param name="Found">What was found.</param>
/// <param name="WhatToDo">What to do about it; empty if it is good.</param>
public sealed record Finding(string Check, bool IsGood, string Found, string WhatToDo = "");
