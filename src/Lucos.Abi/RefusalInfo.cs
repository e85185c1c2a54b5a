namespace Lucos.Abi;

/// <summary>What is known of one <see cref="Refusal"/>: its stable identifier and the texts for people.</summary>
/// <param name="Code">The number that crosses the border.</param>
/// <param name="Id">Stable kebab-case identifier, such as <c>old-bytes-mismatch</c>.</param>
/// <param name="Meaning">One sentence: what was wrong.</param>
/// <param name="WhatToDo">What the reader can do about it: a clause without a full stop.</param>
public sealed record RefusalInfo(Refusal Code, string Id, string Meaning, string WhatToDo);
