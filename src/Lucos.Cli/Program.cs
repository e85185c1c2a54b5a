using Lucos.Cli;
using Lucos.Cli.Output;

var terminal = Terminal.OfProcess();
try
{
    return (int)await LucosProgram.RunAsync(args, terminal);
}
finally
{
    terminal.Leave();
}
