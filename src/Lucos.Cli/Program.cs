using Lucos.Cli;
using Lucos.Cli.Output;

return (int)await LucosProgram.RunAsync(args, Terminal.OfProcess());
