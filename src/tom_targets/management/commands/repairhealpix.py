from tom_targets.management.commands.repairtargets import Command as RepairTargets


class Command(RepairTargets):
    help = "The same as repairtargets."
