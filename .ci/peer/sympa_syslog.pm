# In place of Perl's own: what Sympa's web pages log goes to standard error. Only its daemons can be
# told to write there.
package Sys::Syslog;

use strict;
use warnings;

sub setlogsock { 1 }
sub openlog    { 1 }
sub closelog   { 1 }

sub syslog {
    my ($level, $format, @words) = @_;
    print STDERR sprintf("$format\n", @words);
    1;
}

1;
